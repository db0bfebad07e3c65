;; tries: call a function as what it is not
;; expect: error: it trapped: it called a function by a pointer
(table 1 funcref) (elem (i32.const 0) $f) (func $f) (type $t (func (result i32)))
(func (export "herald:policy/hooks@1.0.0#route") (param i32) (result i32)
    (call_indirect (type $t) (i32.const 0)))
