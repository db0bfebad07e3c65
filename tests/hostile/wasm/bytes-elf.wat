;; tries: be a program of the machine
;; expect: refused: machine code, which is never taken from outside
(module binary "\7fELF\02\01\01\00\00\00\00\00\00\00\00\00\03\00\3e\00")
