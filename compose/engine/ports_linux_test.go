package engine

import (
	"net"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestPortsOfProcessesAreFound(t *testing.T) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	u, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = u.Close() }()
	free, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = free.Close()
	tcp, udp := l.Addr().(*net.TCPAddr).Port, u.LocalAddr().(*net.UDPAddr).Port
	us := func(h Holder) bool { return h.PID == os.Getpid() && h.Process != "" }
	for name, mode := range map[string]PortMode{"reading": PortsByReading, "listening": PortsByListening} {
		t.Run(name, func(t *testing.T) {
			held := PortHolders(t.Context(), []PortWish{
				{HostIP: "127.0.0.1", Published: tcp}, {Published: tcp}, {HostIP: "127.0.0.1", Published: udp, Protocol: "udp"},
				{HostIP: "127.0.0.1", Published: free.Addr().(*net.TCPAddr).Port}, {HostIP: "127.0.0.2", Published: tcp}, {Published: 0},
			}, Snapshot{}, mode)
			if len(held) != 3 {
				t.Errorf("held: %v", held)
			}
			for _, key := range []string{
				"tcp/127.0.0.1:" + strconv.Itoa(tcp), "tcp/0.0.0.0:" + strconv.Itoa(tcp), "udp/127.0.0.1:" + strconv.Itoa(udp),
			} {
				if !us(held[key]) {
					t.Errorf("%s is held by %s", key, held[key])
				}
			}
			remote := Snapshot{Endpoint: Endpoint{Host: "tcp://10.0.0.1:2375"}}
			if held := PortHolders(t.Context(), []PortWish{{Published: tcp}}, remote, mode); len(held) != 0 {
				t.Errorf("our processes hold ports of another machine: %v", held)
			}
		})
	}
}

func TestSocketTables(t *testing.T) {
	const head = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
	proc := t.TempDir()
	put := func(name, content string) {
		t.Helper()
		path := filepath.Join(proc, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	put("net/tcp", head+
		"   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 111 1\n"+
		"   1: 00000000:1F91 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 222 1\n"+
		"   2: 0100007F:1F92 0100007F:1F90 01 00000000:00000000 00:00000000 00000000     0        0 333 1\n"+
		"garbage\n   3: zz:1 0 0A 0 0 0 0 0 0\n")
	put("net/tcp6", head+
		"   0: 00000000000000000000000000000000:1F93 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 444 1\n"+
		"   1: 00000000000000000000000001000000:1F94 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 555 1\n"+
		"   2: 0000000000000000FFFF00000100007F:1F95 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000 4123456789        0 666 1\n")
	put("net/udp", head+"   0: 00000000:0035 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 777 2\n")
	put("42/comm", "nginx\n")
	if err := os.MkdirAll(filepath.Join(proc, "42", "fd"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("socket:[111]", filepath.Join(proc, "42", "fd", "3")); err != nil {
		t.Fatal(err)
	}
	held := map[string]string{}
	for _, w := range []PortWish{
		{HostIP: "127.0.0.1", Published: 8080}, // named process
		{Published: 8080},                      // all addresses clash with one
		{HostIP: "10.1.1.1", Published: 8080},  // another address does not
		{HostIP: "10.1.1.1", Published: 8081},  // held on all
		{Published: 8082},                      // a connection, not a listener
		{Published: 8083},                      // held on [::], which takes IPv4 along
		{Published: 8084},                      // held on [::1] only
		{HostIP: "::1", Published: 8084},       //
		{HostIP: "127.0.0.1", Published: 8085}, // IPv4 in an IPv6 table
		{Published: 53, Protocol: "udp"},       //
		{Published: 53},                        // the same number in TCP
	} {
		for key, h := range portHolders(t.Context(), []PortWish{w}, &PortLook{mode: PortsByReading, proc: proc}) {
			held[key] = h.String()
		}
	}
	if d := cmp.Diff(map[string]string{
		"tcp/127.0.0.1:8080": "process 42 (nginx) of user root", "tcp/0.0.0.0:8080": "process 42 (nginx) of user root",
		"tcp/10.1.1.1:8081": "a process of user root", "tcp/0.0.0.0:8083": "a process of user root",
		"tcp/[::1]:8084": "a process of user root", "tcp/127.0.0.1:8085": "a process of user 4123456789", "udp/0.0.0.0:53": "a process of user root",
	}, held); d != "" {
		t.Error(d)
	}
}

func TestContainersHoldPorts(t *testing.T) {
	s := Snapshot{Project: "shop", Endpoint: Endpoint{Host: "tcp://10.0.0.1:2375"}, Published: []Published{
		{HostIP: "0.0.0.0", Port: 80, Protocol: "tcp", Container: "shop-web-1", Project: "shop"},
		{HostIP: "127.0.0.1", Port: 81, Protocol: "tcp", Container: "other-web-1", Project: "other"},
		{HostIP: "::", Port: 82, Protocol: "udp", Container: "lonely"},
	}}
	held := map[string]string{}
	for key, h := range PortHolders(t.Context(), []PortWish{
		{Published: 80}, {Published: 81}, {HostIP: "10.0.0.9", Published: 81}, {Published: 82, Protocol: "udp"}, {Published: 82},
	}, s, PortsByListening) {
		held[key] = h.String()
	}
	if d := cmp.Diff(map[string]string{
		"tcp/0.0.0.0:81": "container other-web-1 of project other", "udp/0.0.0.0:82": "container lonely",
	}, held); d != "" {
		t.Error(d)
	}
}
