;; tries: return a sentence of 10 MiB instead of a plan
;; expect: size: it handed the host more than 8 MiB
(memory (export "memory") 200)
(data (i32.const 1024) "\01\00\00\00\00\00\01\00\00\00\a0\00")
(func (export "herald:policy/hooks@1.0.0#route") (param i32) (result i32)
    (i32.const 1024))
