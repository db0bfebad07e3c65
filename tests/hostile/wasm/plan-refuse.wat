;; tries: refuse with a reason that is too long for anybody to read
;; expect: error: refuse: 10000 characters are over the limit
(memory (export "memory") 4)
(data (i32.const 1156) "\01\00\00\00\00\00\01\00\10\27\00\00")
(func (export "herald:policy/hooks@1.0.0#route") (param i32) (result i32)
    (memory.fill (i32.const 65536) (i32.const 120) (i32.const 10000))
    (i32.const 1024))
