# meson's testlog.json to TAP: the lines that cmocka printed, or one line for a test without any.
# A test that meson calls failed though no line says so has crashed or run out of time.
def lines: (.stdout // "") | split("\n");
def reported: [lines[] | select(test("^(not )?ok"))];
def failed: .result | IN("FAIL", "TIMEOUT", "ERROR", "INTERRUPT", "UNEXPECTEDPASS");
.name as $name
| (reported[] | sub("^(?<verdict>(not )?ok)[ 0-9]*-? *"; "\(.verdict) - \($name): ")),
  if .result == "SKIP" then "ok - \($name) # SKIP by meson test"
  elif failed and ([reported[] | select(startswith("not"))] | length) == 0
  then "not ok - \($name): \(.result) (exit \(.returncode))"
  elif (failed | not) and (reported | length) == 0 then "ok - \($name)"
  else empty end,
  if failed then (lines + ((.stderr // "") | split("\n")))[-60:][] | select(test("^(not )?ok") | not) | "# " + .
  else empty end
