package main

import (
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"net/smtp"
	"net/textproto"
	"strings"
	"testing"
	"time"
)

// catcher starts the SMTP side on a free port and the HTTP side on another.
func catcher(t *testing.T) (smtpAddr, url string) {
	t.Helper()
	box := &mailbox{now: func() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) }}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- serveSMTP(ln, box) }()
	web := httptest.NewServer(webHandler(box))
	t.Cleanup(func() {
		web.Close()
		ln.Close()
		if err := <-done; err != nil {
			t.Errorf("serveSMTP: %v", err)
		}
	})
	return ln.Addr().String(), web.URL
}

type listing struct {
	Total    int `json:"total"`
	Messages []struct {
		Subject, Snippet, Created string
		From                      address
		To, Bcc                   []address
	} `json:"messages"`
}

func listed(t *testing.T, url string) listing {
	t.Helper()
	resp, err := http.Get(url + "/api/v1/messages")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var l listing
	if err := json.NewDecoder(resp.Body).Decode(&l); err != nil {
		t.Fatal(err)
	}
	return l
}

func TestAMailSentBySMTPIsListed(t *testing.T) {
	addr, url := catcher(t)
	if l := listed(t, url); l.Total != 0 || l.Messages == nil {
		t.Fatalf("an empty box lists %+v, want total 0 and an empty array", l)
	}
	body := "From: Ana <ana@example.org>\r\nTo: bob@example.org\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n\r\nfirst\r\n.dotted line\r\n"
	if err := smtp.SendMail(addr, nil, "ana@example.org", []string{"bob@example.org", "carl@example.org"}, []byte(body)); err != nil {
		t.Fatal(err)
	}
	l := listed(t, url)
	if l.Total != 1 || len(l.Messages) != 1 {
		t.Fatalf("listed %+v, want one message", l)
	}
	m := l.Messages[0]
	if m.Subject != "Grüße" || m.From != (address{"Ana", "ana@example.org"}) || m.Snippet != "first .dotted line" || m.Created != "2026-01-02T03:04:05Z" {
		t.Errorf("listed %+v", m)
	}
	if len(m.To) != 1 || m.To[0].Address != "bob@example.org" || len(m.Bcc) != 1 || m.Bcc[0].Address != "carl@example.org" {
		t.Errorf("to %v, bcc %v", m.To, m.Bcc)
	}
}

func TestTheNewestMailComesFirstAndTheBoxCanBeCleared(t *testing.T) {
	addr, url := catcher(t)
	for _, subject := range []string{"one", "two"} {
		if err := smtp.SendMail(addr, nil, "a@b.c", []string{"d@e.f"}, []byte("Subject: "+subject+"\r\n\r\nx\r\n")); err != nil {
			t.Fatal(err)
		}
	}
	if l := listed(t, url); l.Total != 2 || l.Messages[0].Subject != "two" {
		t.Fatalf("listed %+v, want two first", l)
	}
	req, _ := http.NewRequest(http.MethodDelete, url+"/api/v1/messages", nil)
	if _, err := http.DefaultClient.Do(req); err != nil {
		t.Fatal(err)
	}
	if l := listed(t, url); l.Total != 0 {
		t.Fatalf("listed %d after clearing", l.Total)
	}
}

func TestCommandsOutOfOrderAreRefusedAndTheSessionGoesOn(t *testing.T) {
	addr, url := catcher(t)
	c, err := textproto.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, _, err := c.ReadResponse(220); err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		line string
		code int
	}{
		{"RCPT TO:<x@y.z>", 503}, {"DATA", 503}, {"BLURB", 502}, {"MAIL x@y.z", 501}, {"ehlo me", 250}, {"NOOP", 250},
		{"mail from:<> SIZE=12", 250}, {"RCPT TO:x@y.z", 501}, {"RCPT TO:<x@y.z>", 250}, {"RSET", 250}, {"DATA", 503},
		{"MAIL FROM:<>", 250}, {"RCPT TO:<x@y.z>", 250}, {"DATA", 354}, {"no header here\r\n..\r\n.", 250}, {"QUIT", 221},
	} {
		if err := c.PrintfLine("%s", step.line); err != nil {
			t.Fatal(err)
		}
		if _, text, err := c.ReadResponse(step.code); err != nil {
			t.Errorf("%s: %v %s", step.line, err, text)
		}
	}
	if l := listed(t, url); l.Total != 1 || l.Messages[0].Snippet != "no header here ." {
		t.Errorf("listed %+v, want the mail without headers", l)
	}
}

func TestThePageEscapesWhatAMailSays(t *testing.T) {
	addr, url := catcher(t)
	if err := smtp.SendMail(addr, nil, "a@b.c", []string{"d@e.f"}, []byte("Subject: <script>\r\n\r\nx\r\n")); err != nil {
		t.Fatal(err)
	}
	resp, err := http.Get(url + "/")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var b strings.Builder
	if err := resp.Write(&b); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(b.String(), "<script>") || !strings.Contains(b.String(), "&lt;script&gt;") {
		t.Errorf("the page says\n%s", b.String())
	}
}
