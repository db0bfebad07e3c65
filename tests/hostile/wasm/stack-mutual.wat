;; tries: have two functions call each other without an end
;; expect: depth
(func $f (call $g) (call $g)) (func $g (call $f) (call $f))
(func (export "herald:policy/hooks@1.0.0#route") (param i32) (result i32)
    (call $f) (i32.const 0))
