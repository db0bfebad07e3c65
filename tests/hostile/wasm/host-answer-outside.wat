;; tries: have an answer written beyond its memory
;; expect: error: it broke off: pointer out of bounds
(import "herald:policy/host@1.0.0" "resolve" (func $resolve (param i32 i32 i32)))
(memory (export "memory") 4) (data (i32.const 2048) "role:production/head")
(func (export "herald:policy/hooks@1.0.0#route") (param i32) (result i32)
    (call $resolve (i32.const 2048) (i32.const 20) (i32.const 0x7ffffff0)) (i32.const 0))
