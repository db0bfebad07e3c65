;; tries: call itself through a table for ever, a tree of calls that is never too deep
;; expect: time
(table 1 funcref) (elem (i32.const 0) $f) (type $t (func (param i32)))
(func $f (param i32) (if (local.get 0) (then
    (call_indirect (type $t) (i32.sub (local.get 0) (i32.const 1)) (i32.const 0))
    (call_indirect (type $t) (i32.sub (local.get 0) (i32.const 1)) (i32.const 0)))))
(func (export "herald:policy/hooks@1.0.0#route") (param i32) (result i32)
    (call $f (i32.const 100)) (i32.const 0))
