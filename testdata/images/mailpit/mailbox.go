package main

import (
	"bytes"
	"fmt"
	"io"
	"mime"
	"net/mail"
	"slices"
	"strings"
	"sync"
	"time"
)

// keep is how many mails the box holds; the oldest goes first.
const keep = 500

// address is a mailbox as mailpit's API writes it.
type address struct {
	Name    string
	Address string
}

// message is one mail as mailpit's API lists it.
type message struct {
	ID          string
	MessageID   string
	Read        bool
	From        *address
	To          []address
	Cc          []address
	Bcc         []address
	ReplyTo     []address
	Subject     string
	Created     time.Time
	Tags        []string
	Size        int
	Attachments int
	Snippet     string
}

// mailbox holds what was received, newest first.
type mailbox struct {
	now func() time.Time

	mu       sync.Mutex
	count    int
	messages []message
}

// deliver reads one mail as it came over the wire and puts it into the box.
// Recipients of the envelope that no header names are the blind copies. What
// is not a mail at all is kept too, as a snippet: a catcher refuses nothing.
func (b *mailbox) deliver(from string, to []string, data []byte) {
	m := message{
		From: &address{Address: from}, To: []address{}, Cc: []address{}, Bcc: []address{}, ReplyTo: []address{},
		Tags: []string{}, Size: len(data), Snippet: snippet(data),
	}
	if parsed, err := mail.ReadMessage(bytes.NewReader(data)); err == nil {
		body, _ := io.ReadAll(parsed.Body)
		m.Snippet = snippet(body)
		m.Subject = decoded(parsed.Header.Get("Subject"))
		m.MessageID = strings.Trim(parsed.Header.Get("Message-Id"), "<>")
		if list := addresses(parsed.Header, "From"); len(list) > 0 {
			m.From = &list[0]
		}
		m.To, m.Cc, m.ReplyTo = addresses(parsed.Header, "To"), addresses(parsed.Header, "Cc"), addresses(parsed.Header, "Reply-To")
	}
	for _, rcpt := range to {
		named := func(a address) bool { return strings.EqualFold(a.Address, rcpt) }
		if !slices.ContainsFunc(m.To, named) && !slices.ContainsFunc(m.Cc, named) {
			m.Bcc = append(m.Bcc, address{Address: rcpt})
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.count++
	m.ID = fmt.Sprintf("%022d", b.count)
	m.Created = b.now().UTC()
	b.messages = slices.Insert(b.messages, 0, m)
	b.messages = b.messages[:min(len(b.messages), keep)]
}

// list returns the mails in the box, newest first.
func (b *mailbox) list() []message {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.messages)
}

// clear empties the box.
func (b *mailbox) clear() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.messages = nil
}

func addresses(h mail.Header, key string) []address {
	out := []address{}
	list, err := h.AddressList(key)
	if err != nil {
		return out
	}
	for _, a := range list {
		out = append(out, address{Name: a.Name, Address: a.Address})
	}
	return out
}

// decoded undoes RFC 2047 encoding, or returns s when it is none.
func decoded(s string) string {
	if d, err := new(mime.WordDecoder).DecodeHeader(s); err == nil {
		return d
	}
	return s
}

// snippet is the beginning of a text on one line, 200 characters at most.
func snippet(text []byte) string {
	line := []rune(strings.Join(strings.Fields(strings.ToValidUTF8(string(text), "")), " "))
	return string(line[:min(len(line), 200)])
}
