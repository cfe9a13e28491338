package archtest

// arrow forbids a room to reach others of ours (design §3).
type arrow struct {
	from   string   // directory tree
	only   []string // with anything: the only trees of ours that it may import
	never  []string // trees of ours that it must not import
	nobody bool     // it imports nothing of ours
	why    string
}

var arrows = []arrow{
	{from: "diag", nobody: true, why: "every room speaks diagnostics, so they stand on nothing"},
	{from: "schema", nobody: true, why: "a schema is data; it judges JSON and knows no manifest"},
	{from: "extensions/protocol", nobody: true, why: "the wire is shared with other languages and must not drag devpm along"},
	{from: "internal", only: []string{"internal"}, why: "internal packages are tools; they know no domain"},
	{from: "manifest", never: []string{"compose", "prepare", "hooks", "extensions", "cmd"}, why: "data flows one way: the manifest is read before anything is built from it"},
	{from: "compose", never: []string{"prepare", "hooks", "extensions", "cmd"}, why: "a document does not know what is done with it"},
	{from: "prepare", never: []string{"compose", "extensions", "cmd"}, why: "planning declares the interfaces it needs, and the command line plugs them"},
	{from: "hooks", never: []string{"compose", "prepare", "extensions", "cmd"}, why: "a hook is a command; when it runs is decided elsewhere"},
	{from: "extensions", never: []string{"compose", "prepare", "cmd"}, why: "an extension hands over fragments and steps, it does not place them"},
}

// home says where a library or a package of the standard library may be
// imported (design §3).
type home struct {
	imports string   // import path, with everything below it
	except  []string // paths below it that another row judges
	in      []string // directory trees
	// oneFile: within these trees at most one file imports it.
	oneFile bool
	// tests also obey; otherwise _test.go files are exempt.
	tests bool
	why   string
}

var homes = []home{
	{imports: "github.com/spf13/cobra", in: []string{"cmd/devpm"}, tests: true, why: "rooms are libraries and know no flags"},
	{imports: "github.com/spf13/pflag", in: []string{"cmd/devpm"}, tests: true, why: "rooms are libraries and know no flags"},
	{imports: "github.com/compose-spec/compose-go", except: []string{"github.com/compose-spec/compose-go/v2/dotenv"}, in: []string{"compose"}, why: "one room judges Compose documents"},
	{imports: "github.com/compose-spec/compose-go/v2/dotenv", in: []string{"manifest"}, oneFile: true, why: "one file reads dotenv layers"},
	{imports: "gopkg.in/yaml.v3", in: []string{"compose", "extensions/pack"}, why: "the Compose document and extension.yml are the only YAML"},
	{imports: "github.com/santhosh-tekuri/jsonschema/v5", in: []string{"schema"}, why: "its errors are translated in one place"},
	{imports: "github.com/santhosh-tekuri/jsonschema/v6", in: []string{"compose"}, why: "compose-go's own schema is judged with the version that compose-go uses"},
	{imports: "github.com/a8m/envsubst", in: []string{"manifest"}, oneFile: true, why: "it is wrong on nested defaults, so a lexer stands before it"},
	{imports: "os/exec", in: []string{"internal/execx"}, why: "processes need groups, deadlines and a tail of output, always the same way"},
}

// ban forbids a call outside of the command line: what it gives must come in as
// a value, or a test cannot choose it.
type ban struct {
	pkg, name string // import path, and the function; name may end in *
	why       string
}

var bans = []ban{
	{"os", "Getenv", "the environment comes in as a value"},
	{"os", "LookupEnv", "the environment comes in as a value"},
	{"os", "Environ", "the environment comes in as a value"},
	{"os", "ExpandEnv", "the environment comes in as a value"},
	{"os", "UserHomeDir", "the home directory comes in as a value"},
	{"os", "Exit", "only main ends the process"},
	{"log", "Fatal*", "only main ends the process"},
	{"time", "Now", "the clock comes in as a value"},
	{"time", "Since", "the clock comes in as a value"},
	{"fmt", "Print", "streams come in as values"},
	{"fmt", "Println", "streams come in as values"},
	{"fmt", "Printf", "streams come in as values"},
	{"context", "Background", "the context comes in as a value"},
	{"context", "TODO", "the context comes in as a value"},
}

// programs are trees of programs of their own and of what tests alone import;
// the rules about libraries and calls are not for them (design §3).
var programs = []string{"extensions/sdk", "examples", "scripts", "testdata", "internal/testkit"}

// banExempt are the trees where banned calls may stand.
var banExempt = append([]string{"cmd/devpm"}, programs...)

// longFile is how many lines a file may have before the test mentions it.
const longFile = 400
