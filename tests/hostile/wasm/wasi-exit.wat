;; tries: end the host
;; expect: error: it ended itself with success
(import "wasi:cli/exit@0.2.9" "exit" (func $exit (param i32)))
(func (export "herald:policy/hooks@1.0.0#route") (param i32) (result i32)
    (call $exit (i32.const 0)) (i32.const 0))
