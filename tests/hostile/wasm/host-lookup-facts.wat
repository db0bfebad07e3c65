;; tries: hand over 2^27 facts in a question
;; expect: error: it broke off: list pointer/length out of bounds of memory
(import "herald:policy/host@1.0.0" "lookup" (func $lookup (param i32 i32 i32 i32 i32 i32)))
(memory (export "memory") 4) (data (i32.const 2048) "role:production/head")
(func (export "herald:policy/hooks@1.0.0#route") (param i32) (result i32)
    (call $lookup (i32.const 2048) (i32.const 4) (i32.const 2048) (i32.const 0x7ffffff) (i32.const 1) (i32.const 1024)) (i32.const 0))
