;; tries: give the host memory over its own plan
;; expect: plan: {
(func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 65536))
