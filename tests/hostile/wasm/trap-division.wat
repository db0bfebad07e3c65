;; tries: divide by zero
;; expect: error: it trapped: it divided by zero
(func (export "herald:policy/hooks@1.0.0#route") (param i32) (result i32)
    (i32.div_u (i32.const 1) (i32.load (i32.const 1024))))
