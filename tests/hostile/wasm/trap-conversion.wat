;; tries: make a whole number of what is none
;; expect: error: it trapped: it made a whole number of what is none
(func (export "herald:policy/hooks@1.0.0#route") (param i32) (result i32)
    (i32.trunc_f64_s (f64.div (f64.const 0) (f64.load (i32.const 1024)))))
