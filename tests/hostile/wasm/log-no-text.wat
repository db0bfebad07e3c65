;; tries: write a line that is not UTF-8
;; expect: error: it broke off: invalid utf-8 sequence
(import "herald:policy/host@1.0.0" "log" (func $log (param i32 i32)))
(memory (export "memory") 4) (data (i32.const 2048) "\ff\fe\c0\80")
(func (export "herald:policy/hooks@1.0.0#route") (param i32) (result i32)
    (call $log (i32.const 2048) (i32.const 4)) (i32.const 0))
