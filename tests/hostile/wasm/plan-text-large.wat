;; tries: return a target of 1 MiB
;; expect: plan
(memory (export "memory") 40)
(data (i32.const 1076) "\01\00\00\00\00\00\01\00\00\00\10\00")
(func (export "herald:policy/hooks@1.0.0#route") (param i32) (result i32)
    (i32.const 1024))
