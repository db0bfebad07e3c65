;; tries: loop while the host hands over the message, but not while it is checked
;; expect: time
(global $calls (mut i32) (i32.const 0))
(func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
    (loop $l (br_if $l (i32.gt_u (global.get $calls) (i32.const 3))))
    (i32.const 4096))
