;; tries: give the host memory that there is not
;; expect: refused: it cannot validate its settings: it broke off
(func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 0x7ffffff0))
