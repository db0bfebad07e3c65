;; tries: import a look-alike of the host in its core module
;; expect: refused: it imports `herald:policy/hosts@1.0.0`, which is not granted; did you mean `herald:policy/host`?
(import "herald:policy/hosts@1.0.0" "log" (func (param i32 i32)))
