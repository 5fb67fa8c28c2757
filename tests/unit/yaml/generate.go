// Writes table.txt: YAML texts and what kubectl's library makes of them.
//
// Debian: golang-1.19, golang-gopkg-yaml.v2-dev, golang-k8s-sigs-yaml-dev. From this folder:
//
//	GO111MODULE=off GOPATH=/usr/share/gocode go run generate.go > table.txt
//
// A line of the table is the YAML as a quoted Go string, a tab, and the JSON or the word error.
// "strict" is YAMLToJSONStrict. With a merge key that is no guide, as it takes a key that stands
// beside `<<` for a duplicate, so "merges" has what YAMLToJSON says. "refused" are texts that the
// library takes and this project does not, each with the reason; "taken" is the opposite.
package main

import (
	"fmt"
	"strconv"

	"sigs.k8s.io/yaml"
)

// Each stands in the table as a plain value, as a key and in double quotes.
var scalars = []string{
	"", "~", "null", "Null", "NULL", "nULL",
	"y", "Y", "yes", "Yes", "YES", "yEs", "true", "True", "TRUE", "tRUE", "on", "On", "ON", "oN",
	"n", "N", "no", "No", "NO", "nO", "false", "False", "FALSE", "off", "Off", "OFF", "oFF", "t", "f", "T", "F",
	"0", "1", "-1", "+1", "-0", "00", "0777", "0o17", "0O17", "017", "08", "09", "-017", "+017", "0o8", "0o", "0x", "0b",
	"0x1f", "0X1F", "-0x1f", "+0x1f", "0xg", "0b101", "0B101", "-0b11", "+0b11", "0b2", "0b-11", "0b+11", "-0b-11", "0b-", "0B-11",
	"1_000", "1__0", "1_", "_1", "0x_1", "0_7", "-_1", "-_", "+_1_",
	"9223372036854775807", "9223372036854775808", "-9223372036854775808", "-9223372036854775809",
	"18446744073709551615", "18446744073709551616", "+9223372036854775808", "0xffffffffffffffff", "0x10000000000000000",
	"0b1111111111111111111111111111111111111111111111111111111111111111", "123456789012345678901234567890",
	"1.0", "1.", "1.5", "-1.5", "+1.5", ".5", "-.5", "+.5", ".", "-.", "+", "-x", "1.5.2", "1..2", ".5.5", "..5",
	"1e3", "1E3", "1e+3", "1e-3", "1e", "1e+", ".5e", ".e5", "1.e3", "1e400", "-1e400", "1e-400", ".5e400", "0.0", "-0.0", "1e21", "1e20", "1e-6", "1e-7",
	"1.5e-9", "123456.789", "1234567", "1234567.5", "12345678.9", "0.1", "0.0001", "0.00001", "0.30000000000000004", "1.7976931348623157e308", "5e-324",
	"1_0.5", "1.5_0", ".5_0", "._5", ".5_", ".5_e3", ".5__0", ".1e1_0", "1e1_0", "16777217", "16777217.5",
	"0x1p3", "1f", "1d", "inf", "Inf", "nan", "NaN", "+.nan", ".iNf", ".nAn", "infinity", ".infinity",
	"2001-01-01", "2001-1-1", "2001-12-14t21:59:43.10-05:00", "2001-12-15 2:59:43.10", "12:30", "12:30:45", "190:20:30", "1.2.3.4",
	"S-1-5-21-2126449477-2524075714-3094792973", "244818ae-87ac-4fcd-92ec-e79e5252348a", "4e5", "12e03456-aa40-4215-ac76-3fb971d7b9f0",
	"hello", "a b", "<<", "=", "a=b", "x:y", "http://example.com", "DOMAIN\\user", "web$", "=x", "(x)", "a#b", "a #b", "/x", "\\x", "^x", "$x", "é", "日本", "😀",
	"a,b", "a}b", "-1-", "1-", "1,000", "1 000", "0 1",
}

var strict = []string{
	// Tags
	"a: !!str 5", "a: !!str", "a: !!str yes", "a: !!str ~", "a: !!int 5", "a: !!int '5'", "a: !!int x", "a: !!int 1.5", "a: !!int ''",
	"a: !!int 18446744073709551615", "a: !!float 5", "a: !!float '1.5'", "a: !!float 18446744073709551615", "a: !!float x", "a: !!float 2001-01-01",
	"a: !!bool yes", "a: !!bool 'true'", "a: !!bool 1", "a: !!null ''", "a: !!null ~", "a: !!null x", "a: !!null", "a: !foo bar", "a: !foo 5", "a: !<x> 5",
	"a: ! 5", "a: ! '5'", "a: !!seq x", "a: !!map x", "a: !!set {x, y}", "a: !foo {b: 1}", "a: !foo [1]", "a: !!merge <<", "a: !!omap [a: 1]",
	"a: !e!x 1", "%TAG !e! tag:example.com,2000:\n---\na: !e!x 1", "a: !<tag:yaml.org,2002:int> '7'", "a: !!python/object x", "a: !!int 2001-01-01",
	// Keys
	"5: x", "0x10: x", "1.5: x", "1e10: x", "123456.5: x", "1234567.0: x", "0.00001: x", "1e300: x", "true: x", "no: x", "~: x", "null: x", ": x", ".inf: x", "-.inf: x", ".nan: x",
	"9223372036854775808: x", "2001-01-01: x", "? a\n: b", "? [a]\n: b", "? {a: b}\n: c", "{a, b}", "{a: }", "{a: 1, b}", "[a: b]", "[a: b, c]", "? a", "a: &x 5\n*x : b", "&k 5: *k",
	"a: &x [1]\n*x : b", "!!str 5: x", "!!int '5': x", "'true': x", "? |\n  a\n: b",
	// Duplicates
	"a: 1\na: 2", "a: 1\n'a': 2", "{a: 1, b: 2, a: 3}", "true: 1\nyes: 2", "1: a\n0x1: b", "a: {b: 1}\nb: 1", "- a: 1\n- a: 1", "a: 1\nA: 2", "1.0: a\n1e0: b",
	// Anchors and aliases
	"a: &x 1\nb: *x", "a: &x {p: 1}\nb: *x\nc: *x", "a: &x [1, &y 2]\nb: *y", "a: &x yes\nb: *x", "a: &x 1\nb: &x 2\nc: *x", "a: *x", "&a [*a]", "a: &x\n  b: *x", "a: &x\nb: *x",
	"a: &x 'yes'\nb: *x", "&r a: 1", "&r {a: 1}", "a: &x .inf\n", "? &x a\n: *x", "a: &x !!str 5\nb: *x", "a: !!str &x 5\nb: *x", "a: &x &y 1", "a: *x y", "a: &x *x",
	"a: &日本 1\nb: *日本",
	// Merges without a key beside
	"a: &x {p: 1}\nb: {<<: *x}", "a: &x {p: 1}\nb: {<<: *x, q: 2}", "a: &x {p: 1}\nb: {q: 2, <<: *x}", "<<: {p: 1}", "<<: [{p: 1}, {q: 2}]", "a: &x {p: 1}\n<<: [*x, {q: 2}]",
	"<<: 1", "<<: ~", "<<: [1]", "<<: [[{a: 1}]]", "a: &x [{p: 1}]\n<<: *x", "'<<': {p: 1}", "\"<<\": 1", "<<: {}", "<<: []", "!!merge a: {p: 1}", "!!merge <<: {p: 1}", "! '<<': {p: 1}", "!!str <<: {p: 1}",
	"a: &x {p: 1}\nb: &y {<<: *x, q: 2}\nc: {<<: *y}", "<<: &m {p: {q: 1}}\nx: *m", "a: {<<: &m {p: 1}, q: 2}\nx: *m", "a: {<<: [&m {p: 1}], q: 2}\nx: *m", "<<: [&m {p: {q: 1}}]\nx: *m", "<<: {p: &n {q: 1}, r: 2}\nx: *n", "<<: &l [{p: 1}]\nx: *l", "a: <<", "- <<",
	// Structure
	"a: b: c", "a:\n\tb: 1", "a:\n  b: 1\n\tc: 2", "\ta: 1", "a:\t1", "a: 1\t# c", "- a\n\t- b", "a: [\n\t1]", "a: |\n\tb", "a: |\n  b\n\tc",
	"a: [1, 2", "a: {b: 1", "a: 'x", "a: \"x", "a: ]", "a: }", "a: ,", "a: @x", "a: `x`", "a: %x", "%x", "a: &", "a: *", "a: !", "a: |x", "a: - b", "a: ? b",
	"a: [1,,2]", "a: [,1]", "a: [1,]", "a: {b: 1,}", "a: {,}", "[a, b]: c", "a\nb: c", "a: 1\n b: 2", "a:\n- 1\n- 2", "a:\n  - 1\n - 2", "- 1\na: 2", "a: 1\n- 2",
	"a: {b:1}", "a: {b: c:d}", "a: [b:c]", "a: {\"b\":1}", "a: [\"b\":1]", "{a:{b:1}}", "a: {http://x: 1}", "a: [http://x]", "[?x]", "[-1]", "[- 1]", "{? a : b}", "[a b]", "{a b: c}",
	"a: 'it''s'", "a: \"\\t\\n\\\\\\\"\"", "a: \"\\x41\\u00e9\\U0001F600\"", "a: \"\\ud83d\\ude00\"", "a: \"\\0\\a\\b\\e\\f\\v\\r\\N\\_\\L\\P\\ \"", "a: \"\\c\"", "a: \"CONTOSO\\webapp\"", "a: 'CONTOSO\\webapp'", "a: \"\\x4\"",
	"a: \"b\n  c\"", "a: \"b\n\n  c\"", "a: \"b \\\n  c\"", "a: b\n  c", "a: b\n\n  c", "a: 'b\n  c'",
	"a: |\n  b\n  c\n", "a: |-\n  b\n", "a: |+\n  b\n\n", "a: >\n  b\n  c\n", "a: >-\n  b\n\n  c\n   d\n", "a: |2\n   b\n", "a: |1\n  b\n", "a: |\n", "a: >+\n\n", "a: |0\n b", "a: | # c\n  b", "a: |\n   b\n  c", "a: |-2\n   b", "a: |\r\n  b\r\n  c\r\n",
	"# c", "", "\n\n", "---", "---\n", "---\na: 1", "--- a", "--- {a: 1}", "a: 1\n...", "a: 1\n...\n", "%YAML 1.1\n---\na: 1", "%YAML 2.0\n---\na: 1", "%FOO x\n---\na: 1", "%YAML 1.1\n%YAML 1.1\n---\na: 1", "%YAML 1.1\na: 1",
	"a: 1\r\nb: 2\r\n", "a: 1\rb: 2", "a: 1 # c", "a: 1# c", "a: 'x'# c", "\ufeffa: 1", "a: \u00a0", "a: x\u0085b: y", "a: x\u2028b: y", "a: \u0007", "a: \u007f", "a: \xff", "a: \xc3", "a: \xed\xa0\x80",
	"1", "x", "'x'", "~", "- 1\n- - 2\n  - 3\n-\n- a: 1\n  b: 2", "[[], {}, [[]], {a: {}}]", "{}", "[]", "a:\nb:", "a: .inf", "a: -.inf", "a: .nan", "[.inf]",
	"{\"a\": 1, \"b\": [true, null, \"x\", 1.5e3]}", "[1, 2, 3]", "{\"a\":\n\t1}", "{\t\"a\": 1}", "{\n\t\"a\": 1\n}", "a: <b>&\u2028c",
	"apiVersion: windows.k8s.io/v1\nkind: GMSACredentialSpec\nmetadata:\n  name: x\ncredspec:\n  CmsPlugins: [ActiveDirectory]\n  DomainJoinConfig:\n    DnsName: contoso.com\n    Guid: 244818ae-87ac-4fcd-92ec-e79e5252348a\n",
}

var merges = []string{
	"a: &x {p: 1}\nb: {<<: *x, p: 2}", "a: &x {p: 1, q: 2}\nb:\n  <<: *x\n  q: 3\n  r: 4",
	"<<: [{p: 1}, {p: 2}]", "a: &x {p: 1}\nb: &y {p: 2, q: 2}\nc: {<<: [*x, *y]}\nd: {<<: [*y, *x]}", "<<: [{p: 1}, {p: 2}]\np: 3",
	"a: &x {p: {q: 1}}\nb: {<<: *x, p: {r: 2}}",
}

var refused = []struct{ why, text string }{
	{"the own value counts for YAML, the merged one for go-yaml", "a: &x {p: 1}\nb: {p: 2, <<: *x}"},
	{"a key stands there twice", "a: &x {p: 1}\nb: &y {q: 1}\nc: {<<: *x, <<: *y}"},
	{"two keys become one, and which value counts is chance", "1: a\n'1': b"},
	{"two keys become one, and which value counts is chance", "true: a\n'true': b"},
	{"sigs.k8s.io/yaml calls it unsupported, and mangles what is not UTF-8", "a: !!binary aGVsbG8="},
	{"the library leaves off where the first document ends", "[a]b]"},
	{"the library leaves off where the first document ends", " a: 1\nb: 2"},
	{"the library leaves off where the first document ends", "--- &x a\n--- *x"},
	{"no object of Kubernetes has it", "a: !!timestamp 2001-01-01"},
}

var taken = []struct{ text, json string }{
	{"a: \"\\/\"", `{"a":"/"}`},
	{"%YAML 1.2\n---\na: 1", `{"a":1}`},
}

func row(text string, json []byte, err error) {
	result := string(json)
	if err != nil {
		result = "error"
	}
	fmt.Printf("%s\t%s\n", strconv.QuoteToASCII(text), result)
}

func main() {
	fmt.Println("# Written by generate.go; not for editing.")
	for _, scalar := range scalars {
		quoted := "a: '" + scalar + "'"
		for _, text := range []string{"a: " + scalar, scalar + ": x", "[" + scalar + "]", quoted} {
			json, err := yaml.YAMLToJSONStrict([]byte(text))
			row(text, json, err)
		}
	}
	for _, text := range strict {
		json, err := yaml.YAMLToJSONStrict([]byte(text))
		row(text, json, err)
	}
	for _, text := range merges {
		json, err := yaml.YAMLToJSON([]byte(text))
		row(text, json, err)
	}
	for _, entry := range refused {
		fmt.Printf("# %s\n%s\terror\n", entry.why, strconv.QuoteToASCII(entry.text))
	}
	fmt.Println("# YAML 1.2, which libyaml reads and go-yaml v2 does not")
	for _, entry := range taken {
		row(entry.text, []byte(entry.json), nil)
	}
}
