;; tries: return a level that neither is nor is not
;; expect: error: it broke off: invalid option discriminant
(memory (export "memory") 4)
(data (i32.const 1028) "\05\01")
(func (export "herald:policy/hooks@1.0.0#route") (param i32) (result i32)
    (i32.const 1024))
