;; tries: return a span of a kind that there is not
;; expect: error: it broke off: unexpected discriminant: 9
(memory (export "memory") 4)
(data (i32.const 1088) "\00\08\00\00\01\00\00\00")
(data (i32.const 2048) "\00\0c\00\00\01\00\00\00") (data (i32.const 2092) "\09") (data (i32.const 3072) "x")(func (export "herald:policy/hooks@1.0.0#route") (param i32) (result i32)
    (i32.const 1024))
