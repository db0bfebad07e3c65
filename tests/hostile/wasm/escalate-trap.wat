;; tries: divide by zero after a breach
;; expect: error: it trapped: it divided by zero
;; hook: escalate
(func (export "herald:policy/hooks@1.0.0#escalate") (param i32) (result i32)
    (i32.div_u (i32.const 1) (i32.const 0)))
