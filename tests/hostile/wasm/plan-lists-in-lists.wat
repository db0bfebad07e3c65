;; tries: return a list of lists that all lie at the same place, 2^40 elements in all
;; expect: error
(memory (export "memory") 40)
(data (i32.const 1056) "\00\08\00\00\00\04\00\00")
(data (i32.const 2048) "\00\08\00\00\01\00\00\00\00\10\00\00\00\80\00\00")(func (export "herald:policy/hooks@1.0.0#route") (param i32) (result i32)
    (i32.const 1024))
