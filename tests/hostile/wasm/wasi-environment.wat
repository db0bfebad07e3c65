;; tries: read the environment of the host
;; expect: plan: none
(import "herald:policy/host@1.0.0" "log" (func $log (param i32 i32)))
(import "wasi:cli/environment@0.2.9" "get-environment" (func $get (param i32)))
(memory (export "memory") 4) (data (i32.const 2048) "nonesome")
(func (export "herald:policy/hooks@1.0.0#route") (param i32) (result i32)
    (call $get (i32.const 1024))
    (if (i32.load (i32.const 1028)) (then (call $log (i32.const 2052) (i32.const 4))) (else (call $log (i32.const 2048) (i32.const 4)))) (i32.const 0))
