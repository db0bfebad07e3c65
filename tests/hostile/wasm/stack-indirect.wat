;; tries: call itself through a table without an end
;; expect: depth
(table 1 funcref) (elem (i32.const 0) $f) (type $t (func))
(func $f (call_indirect (type $t) (i32.const 0)) (call_indirect (type $t) (i32.const 0)))
(func (export "herald:policy/hooks@1.0.0#route") (param i32) (result i32)
    (call $f) (i32.const 0))
