;; tries: use instructions that may differ between machines
;; expect: refused: relaxed SIMD support is not enabled
(func (export "herald:policy/hooks@1.0.0#route") (param i32) (result i32)
    (drop (f32x4.relaxed_madd (v128.const i64x2 0 0) (v128.const i64x2 0 0) (v128.const i64x2 0 0))) (i32.const 0))
