;; tries: ask for a target of 10 MiB
;; expect: size: it handed the host more than 8 MiB
(import "herald:policy/host@1.0.0" "resolve" (func $resolve (param i32 i32 i32)))
(memory (export "memory") 200)
(func (export "herald:policy/hooks@1.0.0#route") (param i32) (result i32)
    (call $resolve (i32.const 0) (i32.const 10485760) (i32.const 1024)) (i32.const 0))
