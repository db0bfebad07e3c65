;; tries: ask for 2^60 random bytes
;; expect: error: random bytes; at most 65536
(import "wasi:random/random@0.2.9" "get-random-bytes" (func $get (param i64 i32)))
(func (export "herald:policy/hooks@1.0.0#route") (param i32) (result i32)
    (call $get (i64.const 0x1000000000000000) (i32.const 1024)) (i32.const 0))
