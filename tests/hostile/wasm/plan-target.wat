;; tries: return a target that nobody is
;; expect: error: assign: there is no department `a`
(memory (export "memory") 4)
(data (i32.const 1076) "\01\00\00\00\00\08\00\00\08\00\00\00")
(data (i32.const 2048) "role:a/b")(func (export "herald:policy/hooks@1.0.0#route") (param i32) (result i32)
    (i32.const 1024))
