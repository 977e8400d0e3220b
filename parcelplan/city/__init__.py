"""A whole city, screened: parcels by the million against lines, rivers and red lines, in bounded memory.

Parcels come in chunks of a file, each chunk is screened by itself and written as a part, and the parts become one file
in the end. A chunk is the same rows whoever screens it, so that threads, processes and many machines give equal bytes.
"""
