;; tries: have an answer written where it is not aligned
;; expect: error: it broke off: pointer not aligned
(import "herald:policy/host@1.0.0" "resolve" (func $resolve (param i32 i32 i32)))
(memory (export "memory") 4) (data (i32.const 2048) "role:production/head")
(func (export "herald:policy/hooks@1.0.0#route") (param i32) (result i32)
    (call $resolve (i32.const 2048) (i32.const 20) (i32.const 1025)) (i32.const 0))
