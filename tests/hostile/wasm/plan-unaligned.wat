;; tries: return a plan that is not aligned
;; expect: error: it broke off: return pointer not aligned
(func (export "herald:policy/hooks@1.0.0#route") (param i32) (result i32)
    (i32.const 1025))
