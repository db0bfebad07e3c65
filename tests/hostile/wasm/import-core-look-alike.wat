;; tries: import a look-alike of the host in its core module
;; expect: refused: a module that makes no component
(import "herald:policy/hosts@1.0.0" "log" (func (param i32 i32)))
