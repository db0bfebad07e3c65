;; tries: return a text from beyond its memory
;; expect: error: it broke off: string pointer/length out of bounds of memory
(memory (export "memory") 4)
(data (i32.const 1076) "\01\00\00\00\00\00\00\7f\10\00\00\00")
(func (export "herald:policy/hooks@1.0.0#route") (param i32) (result i32)
    (i32.const 1024))
