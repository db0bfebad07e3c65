;; tries: import a function of the host with other parameters
;; expect: refused: a module that makes no component
(import "herald:policy/host@1.0.0" "log" (func (param i64)))
