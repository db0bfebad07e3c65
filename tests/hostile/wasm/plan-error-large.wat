;; tries: return a sentence of 1 MiB with control characters
;; expect: error: production/hostile revision 1: ����
(memory (export "memory") 40)
(data (i32.const 1024) "\01\00\00\00\00\00\01\00\00\00\10\00")
(func (export "herald:policy/hooks@1.0.0#route") (param i32) (result i32)
    (i32.const 1024))
