;; tries: ask somebody 2^31 questions in a small memory
;; expect: error: it broke off: list pointer/length out of bounds of memory
(memory (export "memory") 4)
(data (i32.const 1068) "\00\08\00\00\01\00\00\00")
(data (i32.const 2048) "\00\0c\00\00\08\00\00\00") (data (i32.const 2128) "\00\08\00\00\00\00\00\80")
(data (i32.const 3072) "everyone")
(func (export "herald:policy/hooks@1.0.0#route") (param i32) (result i32)
    (i32.const 1024))
