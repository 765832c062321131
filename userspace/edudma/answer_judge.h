/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A judge a claim: it looks at figures, and leaves a verdict and why. The rule is
 * in the first lines of each; what it says is made of the same figures.
 */
#ifndef EDUDMA_ANSWER_JUDGE_H
#define EDUDMA_ANSWER_JUDGE_H

#include "answer.h"

void judge_contiguity(struct judgement *j);
void judge_knowledge(struct judgement *j);
void judge_slowness(struct judgement *j);
void judge_remapping(struct judgement *j);
void judge_limit(struct judgement *j);
void judge_size(struct judgement *j);
void judge_failure(struct judgement *j);
void judge_rarity(struct judgement *j);
void judge_mappings(struct judgement *j);
void judge_tlb(struct judgement *j);

/* No claim: says which kind of memory to take, a line each */
void judge_choice(struct judgement *j);

#endif /* EDUDMA_ANSWER_JUDGE_H */
