;; tries: return a text that is not UTF-8
;; expect: error: it broke off: invalid utf-8 sequence
(memory (export "memory") 4)
(data (i32.const 1076) "\01\00\00\00\00\08\00\00\02\00\00\00")
(data (i32.const 2048) "\ff\fe")(func (export "herald:policy/hooks@1.0.0#route") (param i32) (result i32)
    (i32.const 1024))
