// Prints table.txt: JSON texts and what Kubernetes makes of them, as its API server does when it
// stores and serves an object without a Go type.
//
//	GO111MODULE=off go run generate.go > table.txt        (Go 1.19)
//
// One case a line, the input and the expected text, each in hexadecimal, with a space between.
// Lines that begin with # are comments.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// As sigs.k8s.io/json does: an integer stays one where it fits, anything else is a float64.
func convert(value interface{}) (interface{}, error) {
	switch typed := value.(type) {
	case json.Number:
		text := typed.String()
		if !strings.ContainsAny(text, ".eE") {
			if integer, err := strconv.ParseInt(text, 10, 64); err == nil {
				return integer, nil
			}
		}
		return strconv.ParseFloat(text, 64)
	case []interface{}:
		for i := range typed {
			converted, err := convert(typed[i])
			if err != nil {
				return nil, err
			}
			typed[i] = converted
		}
	case map[string]interface{}:
		for name := range typed {
			converted, err := convert(typed[name])
			if err != nil {
				return nil, err
			}
			typed[name] = converted
		}
	}
	return value, nil
}

func canonical(input string) (string, error) {
	decoder := json.NewDecoder(bytes.NewReader([]byte(input)))
	decoder.UseNumber()
	var value interface{}
	if err := decoder.Decode(&value); err != nil {
		return "", err
	}
	value, err := convert(value)
	if err != nil {
		return "", err
	}
	output, err := json.Marshal(value)
	return string(output), err
}

func section(title string, inputs ...string) {
	fmt.Printf("# %s\n", title)
	for _, input := range inputs {
		output, err := canonical(input)
		if err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", input, err)
			os.Exit(1)
		}
		fmt.Printf("%x %x\n", input, output)
	}
}

func asciiEscapes() (inputs []string) {
	for character := 0; character < 0x80; character++ {
		inputs = append(inputs, fmt.Sprintf(`"\u%04X"`, character))
	}
	return inputs
}

// Powers of two, where the distance to the next float64 differs above and below.
func powersOfTwo() (inputs []string) {
	value := 1.0
	for value > 0 {
		inputs = append(inputs, strconv.FormatFloat(value, 'e', 25, 64))
		value /= 1 << 11
	}
	for value = 1.0; value < 1e300; value *= 1 << 13 {
		inputs = append(inputs, strconv.FormatFloat(-value, 'e', 25, 64))
	}
	return inputs
}

const webApplication = `{
  "CmsPlugins": ["ActiveDirectory"],
  "DomainJoinConfig": {
    "Sid": "S-1-5-21-702590844-1001920913-2680819671",
    "MachineAccountName": "webapp01",
    "Guid": "56d9b66c-d746-4f87-bd26-26760cfdca2e",
    "DnsTreeName": "contoso.com",
    "DnsName": "contoso.com",
    "NetBiosName": "CONTOSO"
  },
  "ActiveDirectoryConfig": {
    "GroupManagedServiceAccounts": [
      {"Name": "webapp01", "Scope": "contoso.com"},
      {"Name": "webapp01", "Scope": "CONTOSO"}
    ]
  }
}`

const nonDomainJoined = "{\r\n\t\"CmsPlugins\":\t[\"ActiveDirectory\"],\r\n" +
	`"DomainJoinConfig":{"Sid":"S-1-5-21-4066351383-705263209-1606769140",` +
	`"MachineAccountName":"WebApp01","Guid":"ac9c28a0-1fe9-4cb7-8d4a-3d8c2c8d9f53",` +
	`"DnsTreeName":"corp.example.com","DnsName":"corp.example.com","NetBiosName":"CORP"},` +
	`"ActiveDirectoryConfig":{"GroupManagedServiceAccounts":[` +
	`{"Name":"WebApp01","Scope":"corp.example.com"},{"Name":"WebApp01","Scope":"CORP"}],` +
	`"HostAccountConfig":{"PortableCcgVersion":"1",` +
	`"PluginGUID":"{859E1386-BDB4-49E8-85C7-3070B13920E1}",` +
	`"PluginInput":"{\"credentialArn\":\"arn:aws:secretsmanager:eu-central-1:1:secret:a&b\"}"}}}`

func main() {
	fmt.Println("# Printed by generate.go; not to be edited. Input and canonical text, in hexadecimal.")
	section("every ASCII character, from an escape", asciiEscapes()...)
	section("plain values", `null`, `true`, `false`, `""`, `"a"`, `[]`, `{}`, ` [ ] `, "\t{\n}\r", `[[],{}]`,
		`[null,true,false,1,"a",[],{}]`)
	section("escapes of the same text", `"\/"`, `"/"`, `"\u002f"`, `"\u002F"`, `"\b\f\n\r\t"`,
		`"\u0008\u000c\u000a\u000d\u0009"`, `"a\u0062c"`, `"\"\\\/"`, `"\u0022\u005c"`, `"\\u0061"`,
		`"\u00e4"`, `"ä"`, `"\u20ac"`, `"€"`, `"\ud83d\ude00"`, `"\uD83D\uDE00"`, `"😀"`,
		`"\u0000"`, `"a\u0000b"`)
	section("HTML and line separators", `"<"`, `">"`, `"&"`, `"\u003c\u003e\u0026"`,
		`"<a href=\"x\">&amp;</a>"`, `"\u2028\u2029"`, "\"\u2028\"", "\"\u2029\"", "\"\u2027\u202a\"",
		`{"<&>":"<&>"}`, `"'"`, `"="`)
	section("characters at the borders of UTF-8's lengths", "\"\u007f\"", "\"\u0080\"", "\"\u07ff\"",
		"\"\u0800\"", "\"\ud7ff\"", "\"\ue000\"", "\"\ufeff\"", "\"\ufffd\"", "\"\uffff\"",
		"\"\U00010000\"", "\"\U0010ffff\"", `"\udbff\udfff"`, `"\ud800\udc00"`, `"\ufffe\uffff"`)
	section("order of members", `{"b":1,"a":2}`, `{"a":1,"B":2,"_":3,"1":4}`, `{"aa":1,"a":2,"":3}`,
		`{"a":1,"a\u0000":2,"a ":3}`, `{"\uffff":1,"\ud800\udc00":2}`, `{"\ue000":1,"😀":2,"é":3,"z":4}`,
		`{"10":1,"9":2,"1":3}`, `{"z":{"b":[{"d":1,"c":2}],"a":{}},"y":[3,1,2]}`, `{"é":1,"e\u0301":2}`,
		`{"\u003c":1,"=":2,";":3}`, `{"\n":1,"n":2," ":3,"!":4}`, `{"":{"":{"":[]}}}`)
	section("nesting", strings.Repeat("[", 60)+strings.Repeat("]", 60),
		strings.Repeat(`{"a":`, 60)+"null"+strings.Repeat("}", 60))
	section("integers", `0`, `-0`, `1`, `-1`, `10`, `2147483648`, `4294967296`, `9007199254740993`,
		`9223372036854775807`, `-9223372036854775808`, `9223372036854775808`, `-9223372036854775809`,
		`18446744073709551615`, `18446744073709551616`, `100000000000000000000`, `1000000000000000000000`,
		`123456789012345678901234567890`, `[9223372036854775807,9223372036854775808]`)
	section("other numbers", `0.0`, `-0.0`, `0e5`, `1.0`, `-1.0`, `1.50`, `0.1`, `0.3`, `1e0`, `1E2`,
		`1e+2`, `1e-2`, `1.5e3`, `12345.678`, `3.141592653589793`, `3.14159265358979323846`, `1e20`, `1e21`,
		`9.999999999999999e20`, `999999999999999999999.9`, `1e22`, `1e23`, `1.2e25`, `1e100`, `0.000001`,
		`0.0000015`, `0.000000999`, `1e-6`, `1e-7`, `1.5e-7`, `1e-9`, `1e-10`, `1e-100`,
		`5e-324`, `4.9e-324`, `2.4e-324`, `2.2250738585072014e-308`, `2.2250738585072011e-308`,
		`1.7976931348623157e308`, `-1.7976931348623157e308`, `9007199254740993.0`,
		`9223372036854775807.0`, `-9223372036854775808.0`, `1e-400`, `0.1e1`, `100e-2`,
		`5.684341886080801486968994140625e-14`, `2.109808898695963e16`, `4.940656e-318`,
		`0.30000000000000004`, `1.0000000000000002`, `123456789.123456789`, `5e-7`, `8.41e21`, `9.5e-7`,
		`33554432.25`, `0.1234567890123456789`)
	section("powers of two", powersOfTwo()...)
	section("credential specs", webApplication, nonDomainJoined)
}
