;; tries: write a line from beyond its memory
;; expect: error: it broke off: string pointer/length out of bounds of memory
(import "herald:policy/host@1.0.0" "log" (func $log (param i32 i32)))
(memory (export "memory") 4) (data (i32.const 2048) "role:production/head")
(func (export "herald:policy/hooks@1.0.0#route") (param i32) (result i32)
    (call $log (i32.const 0x7ffffff0) (i32.const 100)) (i32.const 0))
