;; tries: divide the smallest number by -1
;; expect: error: it trapped: a whole number grew too large
(func (export "herald:policy/hooks@1.0.0#route") (param i32) (result i32)
    (i32.div_s (i32.const 0x80000000) (i32.sub (i32.load (i32.const 1024)) (i32.const 1))))
