package main

import (
	"errors"
	"io"
	"log"
	"net"
	"net/textproto"
	"strings"
	"time"
)

const (
	idleTimeout = 5 * time.Minute
	maxMail     = 32 << 20
)

// serveSMTP takes connections from ln until it is closed, and puts every mail
// that is sent over them into box.
func serveSMTP(ln net.Listener, box *mailbox) error {
	for {
		conn, err := ln.Accept()
		if errors.Is(err, net.ErrClosed) {
			return nil
		}
		if err != nil {
			return err
		}
		go func() {
			defer conn.Close()
			s := &session{conn: conn, text: textproto.NewConn(conn), box: box}
			if err := s.serve(); err != nil && !errors.Is(err, io.EOF) {
				log.Printf("smtp %s: %v", conn.RemoteAddr(), err)
			}
		}()
	}
}

// session is one SMTP connection (RFC 5321, what a sender of tests needs).
type session struct {
	conn net.Conn
	text *textproto.Conn
	box  *mailbox
	// The envelope under way; from is nil before MAIL.
	from *string
	to   []string
}

func (s *session) serve() error {
	if err := s.text.PrintfLine("220 mailpit ESMTP"); err != nil {
		return err
	}
	for {
		if err := s.conn.SetDeadline(time.Now().Add(idleTimeout)); err != nil {
			return err
		}
		line, err := s.text.ReadLine()
		if err != nil {
			return err
		}
		verb, rest, _ := strings.Cut(line, " ")
		verb = strings.ToUpper(verb)
		if verb == "QUIT" {
			return s.text.PrintfLine("221 bye")
		}
		if err := s.command(verb, rest); err != nil {
			return err
		}
	}
}

// command answers one command; an error means that the connection is of no use.
func (s *session) command(verb, rest string) error {
	switch verb {
	case "HELO":
		s.reset()
		return s.text.PrintfLine("250 mailpit")
	case "EHLO":
		s.reset()
		return s.text.PrintfLine("250-mailpit\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 SIZE %d", maxMail)
	case "MAIL":
		from, ok := path(rest, "FROM:")
		if !ok {
			return s.text.PrintfLine("501 expected MAIL FROM:<address>")
		}
		s.reset()
		s.from = &from
		return s.text.PrintfLine("250 ok")
	case "RCPT":
		to, ok := path(rest, "TO:")
		switch {
		case s.from == nil:
			return s.text.PrintfLine("503 MAIL first")
		case !ok || to == "":
			return s.text.PrintfLine("501 expected RCPT TO:<address>")
		}
		s.to = append(s.to, to)
		return s.text.PrintfLine("250 ok")
	case "DATA":
		if s.from == nil || len(s.to) == 0 {
			return s.text.PrintfLine("503 MAIL and RCPT first")
		}
		return s.data()
	case "RSET":
		s.reset()
		return s.text.PrintfLine("250 ok")
	case "NOOP":
		return s.text.PrintfLine("250 ok")
	case "VRFY":
		return s.text.PrintfLine("252 send and see")
	default:
		return s.text.PrintfLine("502 unknown command")
	}
}

// data receives the mail itself; DotReader takes the dot-stuffing away.
func (s *session) data() error {
	if err := s.text.PrintfLine("354 end with a dot on a line of its own"); err != nil {
		return err
	}
	in := s.text.DotReader()
	mail, err := io.ReadAll(io.LimitReader(in, maxMail+1))
	if err != nil {
		return err
	}
	if len(mail) > maxMail {
		s.reset()
		if _, err := io.Copy(io.Discard, in); err != nil {
			return err
		}
		return s.text.PrintfLine("552 mail is too large")
	}
	s.box.deliver(*s.from, s.to, mail)
	s.reset()
	return s.text.PrintfLine("250 caught")
}

func (s *session) reset() { s.from, s.to = nil, nil }

// path reads "FROM:<a@b> SIZE=1" and its kin; the empty path <> is valid.
func path(rest, prefix string) (string, bool) {
	if len(rest) < len(prefix) || !strings.EqualFold(rest[:len(prefix)], prefix) {
		return "", false
	}
	rest = strings.TrimSpace(rest[len(prefix):])
	if !strings.HasPrefix(rest, "<") {
		return "", false
	}
	addr, _, closed := strings.Cut(rest[1:], ">")
	return addr, closed
}
