;; tries: take memory whenever the host asks for some
;; expect: refused: it cannot validate its settings: it needed more memory
(func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (if (i32.eq (memory.grow (i32.const 60000)) (i32.const -1)) (then unreachable)) (i32.const 4096))
