;; tries: return neither a plan nor an error
;; expect: error: it broke off: invalid expected discriminant
(memory (export "memory") 4)
(data (i32.const 1024) "\02")
(func (export "herald:policy/hooks@1.0.0#route") (param i32) (result i32)
    (i32.const 1024))
