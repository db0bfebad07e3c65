;; tries: end after the first four bytes
;; expect: refused: 
(module binary "\00asm")
