package protocol

import "encoding/json"

// JSONRPC is the `jsonrpc` member of every message.
const JSONRPC = "2.0"

// Message is one line: a request (Method and ID), a notification (Method alone)
// or an answer (ID and either Result or Error). Batches are not used. An ID is
// a whole number or a string, and comes back as it was sent.
type Message struct {
	JSONRPC string          `json:"jsonrpc"`
	ID      json.RawMessage `json:"id,omitempty"`
	Method  string          `json:"method,omitempty"`
	Params  json.RawMessage `json:"params,omitempty"`
	Result  json.RawMessage `json:"result,omitempty"`
	Error   *Error          `json:"error,omitempty"`
}

// Error is the error of an answer.
type Error struct {
	Code    int        `json:"code"`
	Message string     `json:"message"`
	Data    *ErrorData `json:"data,omitempty"`
}
