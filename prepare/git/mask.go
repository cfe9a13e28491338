package git

import "regexp"

var (
	webLogin    = regexp.MustCompile(`(?i)\b(https?://)[^/?#\s'"]+@`)
	otherSecret = regexp.MustCompile(`(?i)\b([a-z][a-z0-9+.-]*://[^/?#@\s:'"]*):[^/?#\s'"]*@`)
)

// Mask hides the logins of URLs in a text: everything before the @ of an http
// URL, since tokens stand in either place, and the password of any other.
func Mask(text string) string {
	text = webLogin.ReplaceAllString(text, "${1}***@")
	return otherSecret.ReplaceAllString(text, "${1}:***@")
}
