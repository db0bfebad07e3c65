;; tries: have two functions call each other for ever as a tree
;; expect: time
(func $even (param i32) (if (local.get 0) (then (call $odd (i32.sub (local.get 0) (i32.const 1))) (call $odd (i32.sub (local.get 0) (i32.const 1))))))
(func $odd (param i32) (if (local.get 0) (then (call $even (i32.sub (local.get 0) (i32.const 1))) (call $even (i32.sub (local.get 0) (i32.const 1))))))
(func (export "herald:policy/hooks@1.0.0#route") (param i32) (result i32)
    (call $even (i32.const 120)) (i32.const 0))
