;; tries: trap when the host asks for memory
;; expect: refused: it cannot validate its settings: it trapped
(func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) unreachable)
